output "user_name" {
  description = "Name of the IAM user, for `aws iam create-access-key --user-name`."
  value       = aws_iam_user.this.name
}

output "user_arn" {
  description = "ARN of the IAM user."
  value       = aws_iam_user.this.arn
}
