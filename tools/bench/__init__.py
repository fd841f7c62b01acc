"""`make bench`: what the payload costs, measured through the Lambda handler and its environment only."""
