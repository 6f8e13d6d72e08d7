"""The pages of imports: sending a file, how far each one is, and the rows that were refused."""
