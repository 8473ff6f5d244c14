"""Plots as SVG: the same bytes for the same figures."""

import os
import statistics
import textwrap

import report
import targets
from contestants import HAND, OLD, OURS, PEERS

COLORS = {OLD: '#3b7ea1', HAND: '#c9a227', 'popoto': '#7a5195', 'walrus': '#2f9e6e', 'redis-om': '#d1495b'}
LABELS = {OLD: 'rom 1.1.2', HAND: 'redis-py by hand'}
TICKS = [.5, 1, 2, 5, 10, 20, 50, 100, 200]


def draw(figures, static):
    """Draw what there are figures for into a directory."""
    try:
        import matplotlib
    except ImportError:
        print('no plots: pip install -r benchmarks/requirements.txt')
        return
    matplotlib.use('svg')
    matplotlib.rcParams.update({'svg.hashsalt': 'rom', 'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False})
    bars(figures, (OLD, HAND), 'times as fast as others (%s)' % report.name_of(figures['settings'][0]),
         os.path.join(static, 'performance-ratios.svg'))
    if any(report.peer_rows(figures)):
        bars(figures, PEERS, 'times as fast as other mappers', os.path.join(static, 'performance-peers.svg'))
    if report.growth_of(figures):
        growth(figures, list(targets.PAGES.items()) + list(targets.COUNTS.items()), os.path.join(static, 'performance-growth.svg'))
        growth(figures, [line[:2] for line in targets.LINES], os.path.join(static, 'performance-lines.svg'))


def bars(figures, names, label, path):
    """A bar for each operation and contestant: how many times as fast."""
    from matplotlib import pyplot
    shown = [target for target in reversed(targets.TARGETS)
             if any(report.ratio_of(figures['settings'][0], target.operation, name) for name in names)]
    if not shown:
        return
    height = .8 / len(names)
    figure, axes = pyplot.subplots(figsize=(8, .6 + .2 * len(shown) * len(names)))
    for number, name in enumerate(names):
        found = [(place, report.ratio_of(figures['settings'][0], target.operation, name)) for place, target in enumerate(shown)]
        found = [(place + (len(names) / 2. - number - .5) * height, ratio) for place, ratio in found if ratio]
        axes.barh([place for place, _ in found], [ratio for _, ratio in found], color=COLORS[name], height=.9 * height,
                  label=LABELS.get(name, name))
        for place, ratio in found:
            axes.text(ratio * 1.03, place, '%.1f' % ratio, va='center', fontsize=7)
    axes.set_yticks(range(len(shown)), [target.title for target in shown])
    axes.set_xscale('log')
    low, high = axes.get_xlim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.set_xticks(ticks, ['%g' % tick for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(label)
    axes.axvline(1, color='#444444', linewidth=.8)
    axes.legend(fontsize=8, loc='lower right')
    save(figure, path)


def growth(figures, operations, path):
    """A panel for each (operation, title): milliseconds over rows, both axes logarithmic."""
    from matplotlib import pyplot
    rows = -(-len(operations) // 3)
    figure, grid = pyplot.subplots(rows, 3, figsize=(10, 2.5 * rows), sharex=True, sharey=True)
    for axes in grid.flat[len(operations):]:
        axes.set_visible(False)
    for axes, (operation, title) in zip(grid.flat, operations):
        for name, color in ((OLD, '#b0413e'), (HAND, COLORS[HAND]), (OURS, '#3b7ea1')):
            by_size = report.growth_of(figures).get(operation, {}).get(name, {})
            points = sorted((int(size), 1000 * statistics.median(each)) for size, each in by_size.items())
            if points:
                axes.plot(*zip(*points), color=color, marker='o', markersize=3,
                          label=LABELS.get(name, 'this library'))
        axes.set_title(textwrap.fill(title, 42), fontsize=8)
        axes.set_xscale('log')
        axes.set_yscale('log')
        axes.grid(alpha=.3)
    for axes in grid[:, 0]:
        axes.set_ylabel('ms')
    for axes in grid[-1]:
        axes.set_xlabel('rows')
    if grid[0, 0].lines:
        grid[0, 0].legend(fontsize=8)
    save(figure, path)


def save(figure, path):
    """Write a figure as SVG."""
    from matplotlib import pyplot
    figure.tight_layout()
    figure.savefig(path, metadata={'Date': None})
    pyplot.close(figure)
    with open(path) as written:
        lines = [line.rstrip() for line in written]
    with open(path, 'w') as written:
        written.write('\n'.join(lines) + '\n')
