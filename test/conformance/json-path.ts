const token =
  /\.(?<name>[A-Za-z_$][\w$-]*)|\[(?<quoted>"(?:[^"\\]|\\.)*")\]|\[(?<index>\d+)\]|\[(?<all>\*)\]|\[(?<attribute>[\w.]+)=(?<value>[^\]]*)\]/y

/**
 * What a path finds: `$.a.b[0]["urn:x"]`, `[type=work]` (the first element that has it), `[*]` (all of them; from there on
 * the answer is a list), `.length`. Undefined where nothing is. Only own properties count.
 * @throws for a path that cannot be read
 */
export function valueAt(root: unknown, path: string): unknown {
  let found: unknown[] = [root]
  let many = false
  const pattern = new RegExp(token)
  for (pattern.lastIndex = path.startsWith('$') ? 1 : 0; pattern.lastIndex < path.length; ) {
    const at = pattern.lastIndex
    const { name, quoted, index, all, attribute, value } = pattern.exec(path)?.groups ?? {}
    if (pattern.lastIndex <= at) throw new Error(`the path ${path} cannot be read from ${path.slice(at)} on`)
    many ||= all !== undefined
    found = found.flatMap((one): unknown[] => {
      if (all) return Array.isArray(one) ? one : []
      if (attribute) {
        return Array.isArray(one) ? one.filter((each) => String(own(each, attribute)) === value).slice(0, 1) : []
      }
      const key = name ?? index ?? JSON.parse(quoted ?? '""')
      const next = key === 'length' && (Array.isArray(one) || typeof one === 'string') ? one.length : own(one, key)
      return next === undefined ? [] : [next]
    })
  }
  return many ? found : found[0]
}

function own(holder: unknown, key: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? (holder as Record<string, unknown>)[key]
    : undefined
}
