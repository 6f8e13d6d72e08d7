"""Holdouts: customers who by lot are not offered the programme, so that its effect can be measured."""
