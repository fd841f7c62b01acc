output "user_name" {
  description = "Name of the IAM user."
  value       = aws_iam_user.this.name
}

output "user_arn" {
  description = "ARN of the IAM user."
  value       = aws_iam_user.this.arn
}

output "key_policy_statements" {
  description = "Policy statements that each key in kms_key_arns needs so that the user can publish, unless those of the topic module cover it; empty without keys. See docs/customer-keys.md."
  value       = local.key_policy_statements
}
