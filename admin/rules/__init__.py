"""The pages of earning rules: what is in force, drafts, a try on a basket, a back-test, publishing."""
