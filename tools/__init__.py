"""What the make targets and the tests run: Terraform, AWS on this machine, a fake Datadog, the demo."""
