"""What is asked of the library, as data: the goals that benchmarks/README.rst reports on."""

import collections

# trips: the round trips promised for `count` of the operation; old, hand: (at least, goal) as ratios, or None.
Target = collections.namedtuple('Target', 'operation title count trips old hand')

TARGETS = [
    Target('create_save', 'create and save one', 400, lambda n: n, (1.5, 2.5), (1.2, 1.8)),
    Target('commit', 'session.commit() of 2,000 new entities', 2000, lambda n: -(-n // 500), (8, 20), (1.5, 3)),
    Target('commit_changed', 'commit() of 2,000 changed entities (one number each)', 2000, lambda n: -(-n // 500), (4, 8), (1, 1.5)),
    Target('get_one', 'get(id), cold', 1000, lambda n: n, (1.2, 1.4), (.8, .9)),
    Target('get_many', 'get([2,000 ids]), cold', 2000, lambda n: -(-n // 1000), (4, 6), (1.4, 2)),
    Target('update', 'load, change one indexed number, save', 400, lambda n: 2 * n, (1.8, 2.2), (.8, 1)),
    Target('delete_one', 'load, delete one', 400, lambda n: 2 * n, (1.5, 2), (.8, 1)),
    Target('get_by', 'get_by(unique)', 1000, lambda n: n, (2, 2.5), (1.4, 1.7)),
    Target('range_page', 'range filter, first 20', 100, lambda n: n, (8, 10), None),
    Target('word_range_count', 'word and range, count', 200, lambda n: n, (2.5, 4), None),
    Target('prefix_page', 'prefix, first 20', 100, lambda n: n, (4.5, 8), None),
    Target('word_order_page', 'word, order by another column, first 20', 100, lambda n: n, (3, 5), None),
    Target('iterate', 'iterate everything', 4000, lambda n: -(-n // 100), (4, 5), (1.4, 2)),
    Target('delete_many', 'session.delete of 2,000', 2000, lambda n: -(-n // 500), (3, 6), None),
]

# Measured beside them; nothing is promised.
ALSO = [
    Target('get_one_read', 'get(id), cold, then read every column', 1000, None, None, None),
    Target('get_many_read', 'get([2,000 ids]), cold, then read every column', 2000, None, None, None),
    Target('order_page', 'order by, first 20', 100, None, None, None),
    Target('word_page', 'word, first 20', 100, None, None, None),
    Target('word_range_page', 'word and range, first 20', 100, None, None, None),
    Target('suffix_page', 'suffix, first 20', 100, None, None, None),
    Target('range_count', 'range, count', 200, None, None, None),
    Target('word_count', 'word, count', 200, None, None, None),
]

#: made from nothing in each round, in a namespace of their own
WRITES = ('create_save', 'commit', 'delete_one', 'delete_many')

#: of which it is told where the time goes: operation -> (one of what, how many of them in one measurement)
STAGES = collections.OrderedDict([
    ('create_save', ('a save', 400)),
    ('commit', ('a row of a commit', 2000)),
    ('get_one', ('a get', 1000)),
    ('get_by', ('a get_by', 1000)),
])

# The other promises: name -> (what, at most).
LIMITS = collections.OrderedDict([
    ('growth', ('time of a page query over 300,000 rows / over 10,000 rows, the slowest of them; prefixes aside', 1.6)),
    ('count_growth', ('time of count() of one filter over 300,000 rows / over 10,000 rows', 1.6)),
    ('long_text', ('update of a row with a 2,000-word text / without the text', 3)),
    ('cpu_per_save', ("server's time an entity that commit() saves / 1.1.2's", .4)),
    ('cpu_per_single_save', ("server's time of a save of one entity alone / 1.1.2's", 1)),
    ('cpu_per_single_delete', ("server's time of a delete of one entity alone / 1.1.2's", 1)),
    ('cpu_per_delete', ("server's time an entity that session.delete() deletes / 1.1.2's", .4)),
    ('bytes_per_row', ("bytes in Redis per row / 1.1.2's", 1)),
    ('entity_memory', ('memory of a loaded entity / of the dict that redis-py returns', 1.5)),
    ('import_time', ('time of "import rom" / of "import redis"', 1.3)),
    ('longest_hold', ('longest time that one call holds the server at 300,000 rows, ms', 50)),
])

# The growth curve: operation -> title, and how often a round asks each rom.
PAGES = collections.OrderedDict([
    ('range_page', 'range, first 20'),
    ('prefix_page', 'prefix, first 20'),
    ('prefix_order_page', 'prefix, order by, first 20'),
    ('order_page', 'order by, first 20'),
    ('word_page', 'word, first 20'),
    ('word_order_page', 'word, order by, first 20'),
    ('word_range_page', 'word and range, first 20'),
])
#: they look at every entry with the prefix, so that they grow with those
GROWING = ('prefix_page', 'prefix_order_page')
COUNTS = collections.OrderedDict([
    ('range_count', 'range, count'),
    ('word_count', 'word, count'),
])

# What may hold the server: operation -> (title, how often). Deleting comes last.
HOLDS = collections.OrderedDict([
    ('range_page', ('range, first 20', 20)),
    ('prefix_page', ('prefix, first 20', 20)),
    ('suffix_page', ('suffix, first 20', 20)),
    ('order_page', ('order by, first 20', 20)),
    ('word_page', ('word, first 20', 20)),
    ('word_order_page', ('word, order by, first 20', 20)),
    ('word_range_page', ('word and range, first 20', 20)),
    ('letter_order_page', ('one-letter prefix, order by, first 20', 5)),
    ('far_page', ('range, 20 from the 100,000th', 5)),
    ('none_found', ('two ranges and a word that nothing has', 5)),
    ('like_page', ('like with a leading wildcard, first 20', 5)),
    ('like_prefix_count', ('like with a prefix, count', 5)),
    ('letter_count', ('one-letter prefix, count', 5)),
    ('word_range_count', ('word and range, count', 10)),
    ('two_ranges_count', ('two wide ranges, count', 5)),
    ('large_result', ('all() of half of the rows', 1)),
    ('large_iterate', ('iter_result() over half of the rows, the first 20,000', 1)),
    ('large_cached', ('cached_result() of two wide ranges', 2)),
    ('commit', ('commit of 2,000 new entities', 2000)),
    ('reindex_part', ('refresh_indices(), the first 20 steps', 1)),
    ('clean_part', ('clean_old_index(), the first 100 steps', 1)),
    ('large_delete', ('Query.delete() of a word and a range', 1)),
])
