/**
 * Tables: a caption, a heading for each column, the first cell of a row as its heading. On a phone each row is a card, and each
 * cell says what it is; roles are written out, since a table that is laid out otherwise loses them.
 */
import { html, type Html } from "@paylayer/pages/Html"

export interface Column<A> {
  readonly name: string
  readonly kind?: "number"
  /** On a phone: a line of its own. */
  readonly full?: true
  readonly cell: (row: A) => Html | string | undefined
}

export interface Table<A> {
  readonly caption: Html | string
  readonly columns: readonly [Column<A>, ...ReadonlyArray<Column<A>>]
  readonly rows: ReadonlyArray<A>
  /** What is said where there are none. */
  readonly empty: string
  /** Marks a row, for the script. */
  readonly id?: (row: A) => string
  /** On a phone a row takes two lines, without names; the last cell stands at the right of the first. */
  readonly brief?: true
  /** The caption repeats what stands above: it is for screen readers alone. */
  readonly quiet?: true
  /** More attributes of the table. */
  readonly attributes?: Html
}

const classes = <A>({ full, kind }: Column<A>) => [kind, full && "full"].filter(Boolean).join(" ")

/** On a phone an empty cell is not there, so it must be empty indeed. */
const content = <A>({ cell }: Column<A>, row: A): Html | string | undefined => {
  const made = cell(row)
  return String(made ?? "").trim() === "" ? undefined : made
}

const cells = <A>(columns: Table<A>["columns"], row: A): ReadonlyArray<Html> =>
  columns.map((column, index) =>
    index === 0
      ? html`<th scope="row" role="rowheader" class="${classes(column)}">${content(column, row)}</th>`
      : html`<td role="cell" class="${classes(column)}" data-label="${column.name}">${content(column, row)}</td>`
  )

export const table = <A>({ attributes, brief, caption, columns, empty, id, quiet, rows }: Table<A>): Html =>
  html`<table role="table" class="stack${brief && " brief"}" ${attributes}>
    <caption class="${quiet && "hidden"}">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          (column) => html`<th scope="col" role="columnheader" class="${classes(column)}">${column.name}</th>`
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${
        rows.length === 0
          ? html`<tr role="row">
              <td role="cell" class="empty full" colspan="${columns.length}">${empty}</td>
            </tr>`
          : rows.map(
              (row) =>
                html`<tr role="row" ${id && html`data-id="${id(row)}"`}>
                  ${cells(columns, row)}
                </tr>`
            )
      }
    </tbody>
  </table>`

/** A table in a card of its own. */
export const tableCard = <A>(given: Table<A>): Html => html`<section class="card flush">${table(given)}</section>`
