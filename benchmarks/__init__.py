"""Speed and memory of the assistant, as ratios to the cost of its models alone."""
