/** A sentence of an RFC, or what follows from its section, and the test that holds the project to it. */
export interface RfcSentence {
  readonly rfc: string
  readonly section: string
  readonly sentence: string
  readonly file: string
}

const text = String.raw`(?<quote>['"\u0060])(?<name>(?:\\.|(?!\k<quote>).)*)\k<quote>`
const called = new RegExp(String.raw`^(?<indent>\s*)(?:(?:describe|test)[\w.]*(?:<.*>)?\((?:.*\)\()?|\]\)\()${text}`)
/** A row of a table of tests that begins with a section. */
const row = new RegExp(String.raw`^\s*\[?${text},`)
const reference = /^RFC (?<rfc>\d{4})(?: (?<section>\d+(?:\.\d+)*))?(?<rest>.*)$/s
const sectionFirst = /^(?<section>\d+(?:\.\d+)+) (?<rest>.*)$/s

/**
 * Finds the tests whose name, or that of a `describe` around them, begins with an RFC and its section. Read from the
 * source, whose nesting is told by its indentation: the formatter sees to that.
 */
export function rfcSentences(file: string, source: string): RfcSentence[] {
  const found: RfcSentence[] = []
  let open: { indent: number; rfc: string; section: string; title: string }[] = []
  // A name on the line below its call is taken as if it stood beside it.
  for (const line of source.replaceAll(/\(\n\s+(?=['"`])/g, '(').split('\n')) {
    const call = called.exec(line)?.groups
    if (!call) {
      const [, section = '', rest = ''] = sectionFirst.exec(unescaped(row.exec(line)?.groups?.name ?? '')) ?? []
      const around = open.at(-1)
      if (around && rest) found.push({ rfc: around.rfc, section, sentence: rest, file })
      continue
    }
    const indent = call.indent?.length ?? 0
    const name = unescaped(call.name ?? '')
    open = open.filter((outer) => outer.indent < indent)
    const own = reference.exec(name)?.groups
    const outer = open.at(-1)
    const { rfc = outer?.rfc, section = outer?.section ?? '', rest = name } = own ?? {}
    if (rfc === undefined) continue
    const title = rest
      .replace(/^\s*[:,]?\s*/, '')
      .replace(/:?(?:\s+%\w)+$/, '')
      .trim()
    if (/^\s*describe/.test(line)) open.push({ indent, rfc, section, title })
    // What a table leaves open is no sentence; its rows may be.
    else if (title.replaceAll(/%\w/g, '').trim() !== '') {
      const [, ownSection, sentence] = sectionFirst.exec(title) ?? []
      found.push({ rfc, section: ownSection ?? section, sentence: sentence ?? joined(outer?.title, title), file })
    }
  }
  return found
}

/** What the `describe` around it says first, unless it only named the section: `(add)`. */
function joined(outer: string | undefined, title: string): string {
  return outer && !/^\(.*\)$/.test(outer) ? `${outer}: ${title}` : title
}

function unescaped(literal: string): string {
  return literal.replaceAll(/\\(.)/g, '$1')
}
