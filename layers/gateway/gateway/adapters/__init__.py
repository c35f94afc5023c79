"""Everything outside: AWS, acquirers and the merchants' webhook endpoints."""
