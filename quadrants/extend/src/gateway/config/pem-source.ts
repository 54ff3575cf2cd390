/** Text in PEM, or the path of a file with it. */
export type PemSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'pem'; readonly pem: string }
