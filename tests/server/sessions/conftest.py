"""What Python 2.7 cannot read is not collected there."""
import sys

collect_ignore = ['test_scopes_asyncio.py'] if sys.version_info < (3, 7) else []
