/** The input panel of the draw page: pictures, examples, pixel grid. */

export const inputText = {
  heading: "Other input",
  picture: {
    figure: "Picture.",
    caption:
      "Drop a picture on this page, paste one, or choose one here. It can be dark on light or light on dark, on plain, ruled or squared paper, with one digit or several side by side. The picture stays on this device.",
    choose: "Choose a picture",
    photograph: "Take a photograph",
    found: (digits: number) =>
      digits === 1 ? "One digit found in the picture." : `${digits} digits found in the picture.`,
  },
  problems: (limits: { readonly megabytes: number; readonly digits: number }) => ({
    notImage: "This file is not a picture. Try a photograph or a drawing saved as JPEG, PNG or WebP.",
    tooLarge: `This file is larger than ${limits.megabytes} MB. Reduce the picture or crop it to the digit.`,
    tooManyPixels:
      "This picture has more than 64 million pixels, which would need too much memory. Reduce the picture or crop it to the digit.",
    notDecodable:
      "This browser cannot open the picture. It may be damaged or in an unsupported format. Save it as JPEG or PNG and try again.",
    noInk: "No ink was found in the picture. Make the digit larger in the picture and avoid shadows.",
    tooManyDigits: `There is too much in the picture to find the digits. Crop it to the number, up to ${limits.digits} digits.`,
    stopped: "The picture could not be read. Try again or use a smaller picture.",
  }),
  gallery: {
    figure: "Examples.",
    caption: "Common shapes of digits, and some drawings that are not digits. Tap one to draw it.",
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
    figure: "Pixel grid.",
    caption:
      "28 × 28 squares to paint with the keyboard, a mouse or a finger. Arrow keys move, Space fills or clears a square, Shift and an arrow key draw, Delete clears the grid.",
    label: "Grid of 28 by 28 squares",
    role: "painting grid",
    erase: "Clear the grid",
    at: (row: number, column: number, inked: boolean) =>
      `Row ${row}, column ${column}, ${inked ? "filled" : "empty"}`,
    emptied: "Grid cleared",
    undo: (inked: number) => `Undone, ${squares(inked)} filled`,
    redo: (inked: number) => `Redone, ${squares(inked)} filled`,
  },
} as const;

function squares(count: number): string {
  return count === 1 ? "one square" : `${count} squares`;
}
