"""The part of Immich's API by which its clients upload: enough for the Immich command line, behind a setting.

It speaks as Immich 3 does (camel case, its shape of errors); what it does, the upload path of the gallery does.
"""
