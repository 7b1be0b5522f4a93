# Made by `make client` from queries/ and the schema; not to be edited.
from .fragments import News

Changes = News
