"""What the gallery needs of an AWS account: one desired state, and how to plan, apply, check and remove it.

`config` reads what is wanted, `desired` says it as data, `parts` compares and converges, `cloudformation` prints it.
The modules between them each know one service. Nothing here runs on Lambda.
"""
