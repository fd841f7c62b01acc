# Sizes that grow with the inputs, so that the plan refuses what AWS would refuse half-way through an apply. They depend on variables only,
# because ARNs of planned resources are unknown before the first apply; everything else counts with its maximum length.
# docs/reference/aws-limits.md has the limits.

locals {
  listed_topic_bytes = length(jsonencode(values(var.topic_arns)))

  # Each opt-in region has its own statement; sns_principals.tf says why.
  topic_regions        = distinct([for arn in values(var.topic_arns) : try(split(":", arn)[3], "")])
  opt_in_topic_regions = [for region in local.topic_regions : region if !contains(local.regions_enabled_by_default, region)]
  queue_policy_bytes   = 683 + 310 * length(local.opt_in_topic_regions) + local.listed_topic_bytes

  # The frame, a permission for each topic (including a created one), and all ARNs.
  function_policy_bytes = 80 + (260 + length(var.name)) * (length(var.topic_arns) + 1) + local.listed_topic_bytes + 120

  # What Lambda counts is JSON, in which each quotation mark of DESTINATIONS takes two bytes. base64 counts bytes: 4 characters for every 3.
  environment_from_variables = jsonencode([
    jsonencode(var.destinations),
    local.datadog_tags,
    var.console_url,
    [var.datadog.site, var.datadog.api_key_reload_interval],
    [var.function.log_level, var.function.https_proxy, var.function.no_proxy, var.function.ca_bundle, var.function.ca_bundle],
  ])
  environment_bytes_without_key = 620 + floor(length(base64encode(local.environment_from_variables)) * 3 / 4)
  environment_bytes             = local.environment_bytes_without_key + length(coalesce(var.datadog.api_key_secret_arn, var.datadog.api_key_ssm_parameter))
}
