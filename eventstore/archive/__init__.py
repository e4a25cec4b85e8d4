"""A lane in one file that can be read without this program, by `zcat FILE | jq`. See `lines`, `members`."""
