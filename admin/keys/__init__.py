"""The page of keys: which are live, what each may do, and the form that makes one."""
