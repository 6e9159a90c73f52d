/** The input panel of the draw page: pictures, examples, pixel grid. */

export const inputText = {
  heading: "Picture, examples, grid",
  picture: {
    figure: "By picture.",
    caption:
      "Drop a picture on this page, paste one, or choose it here. Dark on light or light on dark, ruled or squared paper, one digit or a few side by side: all are worth a try. It stays on this device.",
    choose: "Choose a picture",
    photograph: "Take a photograph",
    found: (digits: number) =>
      digits === 1 ? "One digit found in the picture." : `${digits} digits found in the picture.`,
  },
  problems: {
    notImage: "That is not a picture. Try a photograph or a drawing saved as JPEG, PNG or WebP.",
    tooLarge: "That file is larger than 60 MB. Save the picture smaller, or cut out the part with the digit.",
    broken:
      "This browser cannot open that picture: it may be damaged, or in a format that it does not know. Save it as JPEG or PNG and try again.",
    blank:
      "No ink was found in that picture. Let the digit fill a good part of it, with no shadow across it.",
    crowded:
      "There is too much in that picture to tell digits from the rest. Cut out the part with the number, up to a dozen digits.",
    stopped: "The picture could not be read. Try again, or try a smaller one.",
  },
  gallery: {
    figure: "By example.",
    caption:
      "Digits as people shape them, and some things that are not digits. Tap one to put it on the paper.",
    label: "Examples",
    names: {
      slashedZero: "Slashed zero",
      flaggedOne: "One with flag and foot",
      loopedTwo: "Looped two",
      flatThree: "Flat-topped three",
      openFour: "Open four",
      closedFour: "Closed four in one stroke",
      fiveInTwo: "Five in two strokes",
      curledSix: "Curled six",
      crossedSeven: "Crossed seven",
      serifSeven: "Seven with a serif",
      snowmanEight: "Eight made of two circles",
      curledNine: "Curled nine",
      number: "The number 42",
      heart: "A heart",
      letter: "The letter A",
      star: "A star",
    },
  },
  grid: {
    figure: "By keyboard.",
    caption:
      "28 × 28 squares. Arrow keys move; Space inks a square or clears it; Shift and an arrow draw; Delete empties the grid. A mouse or a finger paints too.",
    label: "Grid of 28 by 28 squares",
    role: "painting grid",
    erase: "Empty the grid",
    at: (row: number, column: number, inked: boolean) =>
      `Row ${row}, column ${column}, ${inked ? "ink" : "paper"}`,
    emptied: "The grid is empty",
    undo: (inked: number) => `Undone, ${squares(inked)} inked`,
    redo: (inked: number) => `Redone, ${squares(inked)} inked`,
  },
} as const;

function squares(count: number): string {
  return count === 1 ? "one square" : `${count} squares`;
}
