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
    ('range_page', ('a page of a range', 100)),
    ('word_order_page', ('a page of a word in an order', 100)),
])

# The other promises: name -> (what, at most).
LIMITS = collections.OrderedDict([
    ('growth', ('time of a page query over 300,000 rows / over 10,000 rows, the slowest of them; prefixes aside', 1.6)),
    ('line_growth', ('the same of OR, NOT, two orders, alphabetical order, a cursor; the slowest of them', 1.6)),
    ('count_growth', ('time of count() of one filter over 300,000 rows / over 10,000 rows', 1.6)),
    ('long_text', ('update of a row with a 2,000-word text / without the text', 3)),
    ('planning', ('a query of 1,000 filters / one of 50', 20)),
    ('cpu_per_save', ("server's time an entity that commit() saves / 1.1.2's", .4)),
    ('cpu_per_single_save', ("server's time of a save of one entity alone / 1.1.2's", 1)),
    ('cpu_per_change', ("server's time a changed entity that commit() saves / 1.1.2's", .4)),
    ('cpu_per_single_change', ("server's time of a load and a save of one change alone / 1.1.2's", 1)),
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
    ('typed_letter_page', (".search('m'), first 20", 5)),
    ('typed_letters_page', (".search('k m'), first 20", 5)),
    ('typed_words_page', ('1,000 words that were typed, first 20', 5)),
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

# -- members: the query language, and writing by it

# count: questions a round; old: of 1.1.2, 0 where it cannot; far: at the largest size; follows_page: whether it is promised not to grow
Line = collections.namedtuple('Line', 'operation title count old far follows_page')

LINES = [
    Line('or_page', 'OR of two columns in an order, first 20', 60, 20, 20, True),
    Line('not_page', 'NOT in an order, first 20', 60, 0, 20, True),
    Line('orders_page', 'order by two columns, first 20', 60, 0, 20, True),
    Line('alphabetical_page', 'prefix in alphabetical order, first 20', 60, 0, 20, True),
    Line('search_page', ".search('new yo'), first 20", 60, 30, 20, False),
    Line('numbered_page', 'two words in an order: page(3, 20) with its total', 60, 20, 10, False),
    Line('cities_counted', 'count_by() of 20 words', 40, 1, 5, False),
    Line('sum_of_half', 'sum() over half of the rows', 10, 1, 2, False),
    Line('cursor_page', 'cursor at a depth of 100,000, or a third of the rows: the next 20', 60, 20, 20, True),
    Line('update_many', 'Query.update() of 10,000: a row', 10000, 10000, 10000, False),
    Line('get_or_create', 'get_or_create(), every second one new', 100, 50, 100, False),
]
#: rows that the lines are asked of in each setting
LINE_ROWS = 10000
#: these write many rows: rounds are fewer
LONG_LINES = ('update_many',)

# by_hand: ms that page 7 of the spec says it takes by hand, or None
Cliff = collections.namedtuple('Cliff', 'operation title by_hand')

CLIFFS = [
    Cliff('near_one_point', 'near, all at one point, first 20', 25),
    Cliff('list_count', 'count of a list of 100 numbers', .3),
    Cliff('two_words_count', 'count of two words', 4),
    Cliff('half_range_count', 'count of a word and a range', 40),
    Cliff('ranges_count', 'count of two ranges', None),
    Cliff('near_count', 'count of near', 37),
    Cliff('like_nothing', 'like that finds nothing', 222),
    Cliff('like_beginning', 'like with a literal beginning that finds nothing', 88),
    Cliff('two_lists', 'two lists of 4,000 numbers, first 20', 100),
    Cliff('word_far_page', 'word and order, 20 at an offset of 40 %', 63),
    Cliff('unfiltered_far_page', 'unfiltered, 20 at an offset of half of the rows', None),
    Cliff('long_list_page', 'list of 10,000 numbers, first 20', 20),
    Cliff('behind_a_gap', 'first 20 of an unfiltered query after 5,000,000 ids are gone', 1),
    Cliff('ranges_cached', 'cached_result() of two ranges', 56),
    Cliff('cities_of_half', 'count_by() of half of the rows', None),
    Cliff('sum_of_all', 'sum() of all', None),
]
#: rows that the cliffs stand on
CLIFF_ROWS = 100000
#: of the cliff that has rows of its own: rows, and the ids before them that are gone
GAP = 'behind_a_gap'
GAP_ROWS, GAP_IDS = 1000, 5000000
#: how many times as long as by hand
CLIFF_LIMIT = 3
