"""The loyalty service: programmes, customers, purchases, points, and the doors through which the world comes in."""
