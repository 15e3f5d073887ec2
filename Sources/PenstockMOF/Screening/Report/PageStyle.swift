/// How the page of a screening looks: in light, in the dark, and on paper.
enum PageStyle {
    static let css = """
        :root { color-scheme: light dark; --page: #fbfbf9; --ink: #1f2328; --soft: #5b6470; --rule: #dfe1e4;
          --mark: #3b6ea5; --best: #b4530a; --ok: #2e7044; --flagged: #8a6100; --rejected: #5b6470; --failed: #b3261e; }
        @media (prefers-color-scheme: dark) { :root { --page: #16181b; --ink: #e6e8ea; --soft: #9aa3ad; --rule: #33383e;
          --mark: #7fb0e6; --best: #f2a65a; --ok: #7cc796; --flagged: #dcb457; --rejected: #9aa3ad; --failed: #f28b82; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: var(--page); color: var(--ink);
          font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
        h2 { font-size: 1.2rem; margin: 2.4rem 0 .3rem; }
        p { margin: .2rem 0 .9rem; max-width: 46rem; color: var(--soft); }
        .lead { color: var(--ink); font-size: 1.05rem; }
        dl { display: flex; flex-wrap: wrap; gap: .4rem 1.8rem; margin: 0; padding: .7rem 0; border: solid var(--rule); border-width: 1px 0; }
        dt { color: var(--soft); font-size: .8rem; }
        dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .7rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule); vertical-align: top; }
        thead th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
        thead small { display: block; font-weight: 400; }
        tbody th, .text, td:last-child { text-align: left; }
        tbody th { font-weight: 600; white-space: nowrap; }
        abbr { text-decoration: none; color: var(--flagged); }
        .ok { color: var(--ok); } .flagged { color: var(--flagged); } .rejected { color: var(--rejected); } .failed { color: var(--failed); }
        svg { display: block; width: 100%; height: auto; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); gap: 1.2rem; }
        svg text { font: 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
        svg .tick { fill: var(--soft); font-size: 11px; }
        svg .name { font-size: 11.5px; font-weight: 600; }
        .rule { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
        .bar { fill: var(--mark); }
        .dot { fill: var(--mark); fill-opacity: .55; stroke: var(--mark); } .dot.best { fill: var(--best); fill-opacity: 1; stroke: var(--best); }
        .dot.hollow { fill: none; }
        .front { fill: none; stroke: var(--best); stroke-width: 1.5; }
        .front.other { stroke: var(--soft); stroke-dasharray: 5 4; }
        @media print { :root { --page: #fff; --ink: #000; --soft: #444; --rule: #ccc; --mark: #3b6ea5; --best: #b4530a; }
          body { padding: 0; max-width: none; font-size: 11pt; } section, svg, tr { break-inside: avoid; } section:has(table) { break-inside: auto; }
          .wide { overflow: visible; } }
        """
}
