"""The laptop: an emulator, the deployment into it, the ports a developer talks to, and a sample merchant.

Nothing here answers for the gateway. Every API call goes through the template that is also deployed on AWS.
"""
