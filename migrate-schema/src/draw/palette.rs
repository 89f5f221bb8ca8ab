//! The colours, by name: in light, in dark.

const COLOURS: [(&str, &str, &str); 34] = [
    ("page", "#f6f7f9", "#0e1116"),
    ("panel", "#ffffff", "#14181f"),
    ("grid", "#dfe3e9", "#222833"),
    ("text", "#1b212b", "#e4e8ee"),
    ("soft", "#5b6675", "#98a3b3"),
    ("faint", "#8a94a3", "#6b7687"),
    ("line", "#d8dde5", "#2a313c"),
    ("box", "#ffffff", "#171c24"),
    ("edge", "#c9d0da", "#343d4a"),
    ("head", "#eef1f6", "#1f2631"),
    ("virtual", "#e3f3f1", "#15302f"),
    ("virtual-text", "#0b6b62", "#6fd3c7"),
    ("view", "#f1ecfb", "#262039"),
    ("view-text", "#6740b4", "#b79df2"),
    ("wire", "#8d99aa", "#66728a"),
    ("accent", "#2f5fd0", "#7aa5ff"),
    ("accent-back", "#e7eefc", "#1b2a4a"),
    ("pk", "#fdf0cc", "#3d310f"),
    ("pk-text", "#7d5600", "#f0c75e"),
    ("fk", "#e1ebfd", "#1a2d52"),
    ("fk-text", "#2450ae", "#8db4ff"),
    ("uq", "#ece9f4", "#2c2840"),
    ("uq-text", "#5a4a8a", "#bcaeea"),
    ("added", "#167539", "#4cc870"),
    ("added-back", "#daf5e1", "#12351f"),
    ("changed", "#8f5a00", "#e5ae3f"),
    ("changed-back", "#fdf0cd", "#3a2c0c"),
    ("removed", "#bd2733", "#ff7f80"),
    ("removed-back", "#fde6e6", "#421a1f"),
    ("keyword", "#8431a8", "#d29bf0"),
    ("string", "#1a6b3c", "#8fd6a3"),
    ("number", "#a34a00", "#f0a868"),
    ("comment", "#5b6675", "#98a3b3"),
    ("directive", "#0b6b7d", "#6bd0e0"),
];

/// A style sheet in which `var(--name)` stands for colours, with the colours in their places: the light ones, and the
/// dark ones where the reader wants them. For what draws SVG and does not know `var`.
pub(super) fn fixed(css: &str) -> String {
    let with = |dark: bool| {
        let colour = |css: String, (name, light, deep): &(&str, &str, &str)| {
            css.replace(&format!("var(--{name})"), if dark { deep } else { light })
        };
        COLOURS.iter().fold(css.to_owned(), colour)
    };
    format!("{}@media (prefers-color-scheme: dark) {{\n{}}}\n", with(false), with(true))
}

/// The colours as variables, dark where the reader wants them, and light on paper.
pub(super) fn variables() -> String {
    let with = |dark: bool| -> String {
        COLOURS.iter().map(|(name, light, deep)| format!("--{name}:{};", if dark { deep } else { light })).collect()
    };
    format!(
        ":root{{color-scheme:light dark;{}}}\n@media screen and (prefers-color-scheme: dark){{:root{{{}}}}}\n",
        with(false),
        with(true)
    )
}
