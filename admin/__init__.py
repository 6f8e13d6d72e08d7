"""The panel: pages for the merchant's staff, drawn on the server."""
