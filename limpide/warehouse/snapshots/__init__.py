"""What is published: candidates, manifests, receipts, the current catalogue."""
