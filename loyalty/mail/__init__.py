"""Letters to people, one by one: queued in the commit of what they are about, sent by the worker over SMTP.

A room above writes the words, and says `send(tx, program_id, letter)`. Nothing is sent without the commit, and a mail
server that is away only makes it later. When a letter is sent or given up, what was in it is blanked.
"""
