"""Students' code in processes that can do nothing but calculate: what holds them, and how one talks to them."""
