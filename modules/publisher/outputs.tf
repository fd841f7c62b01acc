output "user_name" {
  description = "Name of the IAM user, for `aws iam create-access-key --user-name`."
  value       = aws_iam_user.this.name
}

output "user_arn" {
  description = "ARN of the IAM user."
  value       = aws_iam_user.this.arn
}

output "key_policy_statements" {
  description = "Statements that the policy of each of kms_key_arns needs so that the user can publish, where the topic module's own do not cover it; empty without keys. See docs/customer-keys.md."
  value       = local.key_policy_statements
}
