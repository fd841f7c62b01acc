# The rules that come with tflint. Those for AWS are a plugin that tflint downloads from GitHub: add it where that is allowed.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# The modules meant for use have files by subject, and what belongs to a resource stands beside it.
rule "terraform_standard_module_structure" {
  enabled = false
}
