"""`make bench`: what the payload costs, measured from outside.

A module a subject. The programs in `inside` are what runs in the measured process; they import nothing but the
standard library and the payload. The stand-in for Datadog and the load generator are processes of their own.
"""
