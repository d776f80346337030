// The map of the shards: a grid of cells, each one shard, or several neighbours where there are very many.

const mostCells = 1024;

/// What the colours can show: a shard's figure, the least value that the scale ends at (so that next to nothing looks like
/// nothing), and words.
const heatScales = {
    wait: { name: "lock wait, time spent waiting in each second", least: 1e-3, format: formatSecondsRate },
    load: { name: "load, acquisitions of the lock", least: 100, format: formatRate },
};

class HeatMap {
    #grid;
    #cells = [];
    #columns = 0;
    #shards;
    #by = "wait";
    #pinned;
    #hovered;
    #reachable = 0;
    #hottest = [];
    #values = [];
    #showChosen;

    /// `showChosen` is told which shard to show the figures of, why that one, and whether somebody chose it to stay.
    constructor(grid, showChosen) {
        this.#grid = grid;
        this.#showChosen = showChosen;
        grid.addEventListener("pointerover", (event) => this.#hover(this.#indexOf(event)));
        grid.addEventListener("pointerleave", () => this.#hover(undefined));
        grid.addEventListener("focusin", (event) => this.#pin(this.#indexOf(event)));
        grid.addEventListener("keydown", (event) => this.#press(event));
        new ResizeObserver(() => this.#arrange()).observe(grid);
    }

    show(shards, by) {
        this.#shards = shards;
        this.#by = by;
        if (this.#cells.length !== this.#cellCount) this.#build();
        this.#paint();
    }

    unpin() {
        this.#pinned = undefined;
        this.#paint();
    }

    get #perCell() {
        return Math.ceil(this.#shards.count / mostCells);
    }

    get #cellCount() {
        return this.#shards.count === 0 ? 0 : Math.ceil(this.#shards.count / this.#perCell);
    }

    #build() {
        this.#pinned = undefined;
        this.#hovered = undefined;
        this.#reachable = 0;
        this.#columns = 0;
        this.#cells = Array.from({ length: this.#cellCount }, (_, index) => {
            const [first, last] = this.#shardsOf(index);
            const cell = document.createElement("div");
            cell.setAttribute("role", "gridcell");
            cell.className = "cell";
            cell.dataset.shard = first === last ? first : `${first}-${last}`;
            cell.tabIndex = index === 0 ? 0 : -1;
            cell.append(document.createElement("span"), document.createElement("b"));
            cell.firstChild.textContent = cell.dataset.shard;
            return cell;
        });
        this.#arrange();
    }

    // Rows are elements of their own for screen readers, and no boxes; so that the grid's columns are the style sheet's.
    #arrange() {
        const count = this.#cells.length;
        const columns = columnsFor(count, this.#grid.clientWidth);
        if (columns === this.#columns) return;
        this.#columns = columns;
        const focused = this.#cells.indexOf(document.activeElement);
        const rows = [];
        for (let first = 0; first < count; first += columns) {
            const row = document.createElement("div");
            row.setAttribute("role", "row");
            row.append(...this.#cells.slice(first, first + columns));
            rows.push(row);
        }
        this.#grid.replaceChildren(...rows);
        this.#grid.style.setProperty("--columns", columns);
        this.#grid.dataset.size = cellSize(this.#grid.clientWidth / columns);
        // An element that is moved loses the focus.
        if (focused >= 0) this.#cells[focused].focus();
    }

    #paint() {
        const scale = heatScales[this.#by];
        const hottest = this.#cells.map((_, index) => this.#hottestOf(index));
        const values = hottest.map((shard) => this.#shards[this.#by][shard]);
        [this.#hottest, this.#values] = [hottest, values];
        const top = niceTop(Math.max(0, ...values.filter(Number.isFinite)), scale.least);
        this.#cells.forEach((cell, index) => {
            const heat = Number.isFinite(values[index]) ? values[index] / top : 0;
            cell.dataset.heat = heat.toFixed(4);
            cell.style.setProperty("--heat", heat.toFixed(3));
            cell.lastChild.textContent = scale.format(values[index]);
            cell.tabIndex = index === this.#reachable ? 0 : -1;
            cell.setAttribute("aria-selected", index === this.#pinned);
            // A name that changes under the focus would be read out each second.
            if (cell !== document.activeElement) cell.setAttribute("aria-label", this.#describe(index, hottest[index]));
        });
        this.#tellChosen();
        setText(document.getElementById("legend-name"), scale.name);
        setText(document.getElementById("legend-low"), scale.format(0));
        setText(document.getElementById("legend-high"), scale.format(top));
    }

    #tellChosen() {
        const values = this.#values;
        if (values.length === 0) return;
        const hottestCell = values.reduce((best, value, index) => (value > values[best] ? index : best), 0);
        const index = this.#hovered ?? this.#pinned ?? hottestCell;
        const [first, last] = this.#shardsOf(index);
        const automatic = this.#hovered === undefined && this.#pinned === undefined && values[index] > 0;
        const why = first !== last ? `hottest of ${first} to ${last}` : automatic ? "hottest now" : "";
        this.#showChosen(this.#hottest[index], why, this.#pinned !== undefined);
    }

    #describe(index, shard) {
        const [first, last] = this.#shardsOf(index);
        const { wait, contended, load } = this.#shards;
        const name = first === last ? `Shard ${first}` : `Shards ${first} to ${last}, hottest is ${shard}`;
        return `${name}: lock wait ${formatSecondsRate(wait[shard])}, ${formatShare(contended[shard])} contended, ` +
            `${formatRate(load[shard])} acquisitions`;
    }

    #shardsOf(index) {
        const first = index * this.#perCell;
        return [first, Math.min(first + this.#perCell, this.#shards.count) - 1];
    }

    // Not the mean of the neighbours: one hot shard would not be seen among many.
    #hottestOf(index) {
        const [first, last] = this.#shardsOf(index);
        const values = this.#shards[this.#by];
        let hottest = first;
        for (let shard = first + 1; shard <= last; shard += 1) if (values[shard] > values[hottest]) hottest = shard;
        return hottest;
    }

    #indexOf(event) {
        const index = this.#cells.indexOf(event.target.closest(".cell"));
        return index < 0 ? undefined : index;
    }

    #hover(index) {
        if (index === this.#hovered) return;
        this.#hovered = index;
        this.#tellChosen();
    }

    #pin(index) {
        if (index === undefined) return;
        this.#pinned = index;
        this.#reachable = index;
        this.#paint();
    }

    #press(event) {
        const from = this.#indexOf(event);
        if (from === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        if (event.key === "Escape") return this.unpin();
        const to = nextCell(event.key, from, this.#columns, this.#cells.length);
        if (to === undefined) return;
        event.preventDefault();
        this.#cells[to].focus();
    }
}

/// Where a key leads to from a cell; undefined where it is none of ours.
function nextCell(key, from, columns, count) {
    const rowStart = from - (from % columns);
    const to = {
        ArrowLeft: from - 1,
        ArrowRight: from + 1,
        ArrowUp: from - columns,
        ArrowDown: from + columns,
        Home: rowStart,
        End: Math.min(rowStart + columns, count) - 1,
        PageUp: from % columns,
        PageDown: from + columns * Math.floor((count - 1 - from) / columns),
    }[key];
    if (to === undefined) return undefined;
    return to < 0 || to >= count ? from : to;
}

/// The columns of a map of `count` cells, a power of two: about four times as many as rows, fewer where it is narrow.
function columnsFor(count, width) {
    if (count <= 1) return 1;
    const least = count > 256 ? 9 : count > 64 ? 18 : 34;
    const wanted = 2 ** Math.ceil(Math.log2(count) / 2 + 1);
    const room = 2 ** Math.floor(Math.log2(Math.max(1, width / least)));
    return Math.max(1, Math.min(wanted, room, count));
}

function cellSize(width) {
    if (width >= 84) return "large";
    return width >= 24 ? "medium" : "small";
}
