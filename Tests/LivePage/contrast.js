// Of each piece of text that can be seen: the contrast with what is behind it, as WCAG 2 counts it. Gives the text and the
// contrast of those below `arguments[0]`, how many were looked at, and how light the page's ground is.
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function luminance(colour) {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ground(element) {
    for (let behind = element; behind !== null; behind = behind.parentElement) {
        const colour = getComputedStyle(behind).backgroundColor;
        if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "white";
}

function contrast(element) {
    const style = getComputedStyle(element);
    const text = luminance(element instanceof SVGElement ? style.fill : style.color);
    const behind = luminance(ground(element));
    return (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
}

const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = [];
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isText = walker.currentNode.data.trim() !== "" && !element.closest(".for-readers, script, noscript, .skip");
    if (isText && element.checkVisibility()) seen.push([walker.currentNode.data.trim(), contrast(element)]);
}
return {
    faint: seen.filter(([, value]) => value < arguments[0]),
    count: seen.length,
    ground: luminance(getComputedStyle(document.body).backgroundColor),
};
