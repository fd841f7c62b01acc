"""What the make targets and the tests run: Terraform, AWS on this machine, a stand-in for Datadog, the demo."""
