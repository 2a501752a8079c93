import { type ParseArgsConfig, parseArgs } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>

type Values<Known extends Options> = ReturnType<typeof parseArgs<{ options: Known }>>['values']

/**
 * What a command was called with. `--help` prints the help and ends it with 0; an option that it does not have, and a word where
 * the default is a number, are told in a sentence, and end it with 2.
 * @param args what stands behind the command's name
 */
export function commandLine<const Known extends Options>(
  help: string,
  options: Known,
  args = process.argv.slice(2),
): Values<Known> {
  try {
    const parsed = parseArgs({ args, options: { ...options, help: { type: 'boolean' } } })
    const { help: wantsHelp, ...values } = parsed.values as Record<string, unknown>
    if (wantsHelp) {
      process.stdout.write(help)
      process.exit(0)
    }
    for (const [name, { default: usual }] of Object.entries(options)) {
      if (isNumber(usual) && !isNumber(values[name])) throw new Error(`--${name} wants a number.`)
    }
    return values as Values<Known>
  } catch (err) {
    process.stderr.write(`${(err as Error).message}\n\n${help}`)
    process.exit(2)
  }
}

function isNumber(text: unknown): boolean {
  return typeof text === 'string' && text.trim() !== '' && Number(text) >= 0
}
