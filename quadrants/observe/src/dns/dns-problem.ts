/** Why a message tells no name of an address. */
export type DnsProblem =
  | 'short' // it ends within what it says it has
  | 'large' // more bytes, or more records, than are read
  | 'no-response' // a question, or another operation than a query
  | 'refused' // the server's answer is an error
  | 'truncated' // the whole answer comes over TCP
  | 'question' // none, several, or one that asks for something else than addresses
  | 'label' // of a kind that nobody uses
  | 'pointer' // forward, in a circle, or too many
  | 'long-name'
  | 'record' // an address that is none
  | 'chain' // an alias of itself, or too many in a row
  | 'no-address' // nothing of the name that was asked for
