/** API keys (JWTs), access tokens, and the password in a connection string. Bounded, so that no text makes a search of it slow. */
const secrets =
  /eyJ[\w-]{8,2000}\.[\w-]{1,4000}(?:\.[\w-]*)?|upat_[\w-]{8,}|(?<=mongodb(?:\+srv)?:\/\/[^\s:/@"]*:)[^\s@"]+(?=@)/g

/** A text without whatever looks like a token in it. */
export function withoutSecrets(text: string): string {
  return text.replace(secrets, '[redacted]')
}
