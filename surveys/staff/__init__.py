"""What staff see of surveys and do with them, behind the pages of the panel."""
