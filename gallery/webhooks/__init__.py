"""Webhooks: addresses that are told of changes.

events says of what, signing proves who sent it, posting is the way out, delivering sends, hooks makes and ends them.
"""
