"""The sample: real purchases, brought into a programme of their own by the import, for those who look first."""
