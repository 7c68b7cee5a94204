/**
 * Line colours that keep a contrast of 3 : 1 and more against both backgrounds, and stay apart for colour-blind eyes in
 * their order.
 */
const colors: readonly string[] = ['#3d7fd0', '#d9702b', '#2f9e76', '#b25fb8', '#9a8412', '#7d7d85'];

export const colorOf = (index: number): string => colors[index % colors.length]!;

/** Pixels that a character of 12 px takes, on the safe side. */
export const characterWidth = 7;

/** Light by default, dark where the viewer prefers that. The picture brings its own background, so it reads on any page. */
export const style: string = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #57606a; }
.strong { font-weight: 600; fill: #24292f; }
.title { font-size: 15px; }
.back { fill: #ffffff; }
.axis { stroke: #8c959f; stroke-width: 1; fill: none; }
.grid { stroke: #8c959f; stroke-opacity: 0.22; stroke-width: 1; fill: none; }
.border { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 4; fill: none; }
.mark { fill: #ffffff; stroke: #24292f; stroke-width: 2; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.faint { stroke-width: 1; stroke-opacity: 0.5; }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1; }
.strong { fill: #e6edf3; }
.back { fill: #0d1117; }
.mark { fill: #0d1117; stroke: #e6edf3; }
}
`;
