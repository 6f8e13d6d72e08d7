"""The pages of segments: the list, one of them with who is in it, and the form that makes or changes one."""
