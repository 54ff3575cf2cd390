/** The long text behind a code that some output shows. */
export interface Explanation {
  readonly title: string
  readonly text: string
}
