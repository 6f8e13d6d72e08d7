"""Views of a list: filters under a name, one's own or everybody's."""
