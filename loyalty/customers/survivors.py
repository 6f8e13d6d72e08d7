"""Whom customers have become by merging, as SQL that other rooms put into theirs."""

# For WITH RECURSIVE: everybody who was merged into somebody else, with the last of the chain. $1 is the programme.
SURVIVORS = {
    "merged": "SELECT customer_id, merged_into FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL",
    "chain (customer_id, survivor)": "SELECT customer_id, merged_into FROM merged"
    " UNION SELECT c.customer_id, m.merged_into FROM chain c JOIN merged m ON m.customer_id = c.survivor",
    "survivors": "SELECT customer_id, survivor FROM chain WHERE survivor NOT IN (SELECT customer_id FROM merged)",
}
