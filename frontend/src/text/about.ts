/** The page that explains. */
export const about = {
  title: "About",
  description: "How a drawn digit is read in your browser, and why nothing of it leaves your device.",
  heading: "How ink becomes a digit",
  lead: "You draw; the page turns the strokes into a very small picture; a neural network says which digit it takes the picture for, and how sure it is. All of it happens in this browser.",
  sections: [
    {
      heading: "1. From strokes to a picture",
      text: "The network learned chiefly from MNIST, tens of thousands of digits that people wrote on forms in the 1990s. Every one of them was made ready in the same way, and your drawing is too: it is drawn afresh with a pen as thick as theirs, scaled until its longer side is 20 pixels, and laid on a sheet of 28 × 28 so that its centre of mass falls on the middle. That is why neither the place nor the size of your drawing matters. Figure 2 on the draw page shows the result: it is everything that the network gets to see.",
    },
    {
      heading: "2. From a picture to ten numbers",
      text: "The network is a convolutional one. Its first layers look for edges and bends in small patches; the next ones combine them into loops, hooks and crossings; the last weighs all of that and gives each of the ten digits a score.",
    },
    {
      heading: "3. How sure it is",
      text: "Scores become percentages that add up to 100. They are calibrated: measured on digits set aside from training and adjusted so that, of all answers given with 90%, about nine in ten are right. The network knows digits and nothing else, so if you draw a horse it will still name one.",
    },
    {
      heading: "Which network runs",
      text: "A site may be told to fetch the latest published network; otherwise, or when that one cannot be reached, the one that came with the page runs. Either way every file is checked against its SHA-256 fingerprint first, and what does not match is not run. The line below the drawing says which one it is.",
    },
    {
      heading: "Privacy",
      text: "Nothing that you draw leaves this device. There are no cookies, no analytics, no fonts or scripts from elsewhere: the page asks only the server that it came from, and the storage that holds the published network. Close the page and the ink is gone.",
    },
  ],
  link: "Draw a digit",
  fine: "Set in EB Garamond, by Georg Duffner and Octavio Pardo, after Claude Garamont.",
} as const;
