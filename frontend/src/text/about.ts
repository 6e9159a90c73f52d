/** The About page. */
export const about = {
  title: "About",
  description: "How your browser recognizes a drawn digit, and why your drawing never leaves your device.",
  heading: "How it works",
  lead: "The page turns your strokes into a small image. A neural network, the model, predicts the digit in it and gives a probability for each of the ten digits. All of this happens in your browser.",
  figures: {
    ink: {
      label: "A five, drawn with a pen in two strokes",
      figure: "Fig. 1",
      caption: "The drawing.",
    },
    pixels: {
      label: "The same five as 28 by 28 squares, darker where there is more ink",
      figure: "Fig. 2",
      caption: "The same drawing as the model’s input.",
    },
  },
  sections: [
    {
      heading: "From strokes to an image",
      text: "The model was trained on MNIST, tens of thousands of digits that people wrote on forms in the 1990s. Some models were also trained on pen strokes. Your drawing is prepared like those images: redrawn with a pen of the same width, scaled until its longer side is 20 pixels, and placed on a grid of 28 × 28 pixels with its centre of mass in the middle. The position and size of your drawing therefore do not matter. In a photograph, the ink is first separated from the paper, even in uneven light.",
    },
    {
      heading: "From an image to ten scores",
      text: "The model is a convolutional neural network. Its first layers detect edges and bends in small patches. The next layers combine them into loops, hooks and crossings. The last layer computes a score for each of the ten digits.",
    },
    {
      heading: "Confidence",
      text: "The scores become probabilities that add up to 100%. They are calibrated on digits that were not used for training: of all predictions with a confidence of 90%, about nine in ten should be correct. The model should reject a drawing that is not a digit, such as a horse. If the running model was tested with such drawings, the Model page shows how often it does.",
    },
    {
      heading: "Several digits",
      text: "Strokes above one another form one digit, like the bar of a five. Strokes side by side with a gap form two. If both are possible, the model predicts both, and the page shows the prediction with the higher confidence.",
    },
    {
      heading: "Which model runs",
      text: "A site can be configured to download the latest published model. Otherwise, or if that model is unavailable, the page uses a model cached from an earlier visit or the one bundled with the page. It checks the SHA-256 hash of every file and never runs a model with a mismatch. The line below the drawing area shows which model is running.",
    },
    {
      heading: "Offline use",
      text: "After your first visit, the page works offline, and you can install it like an app. It offers new versions of the page and of the model, and switches when you accept.",
    },
    {
      heading: "Privacy",
      text: "Your drawings never leave this device. There are no cookies, no analytics, and no fonts or scripts from other sites. The page connects only to its own server and to the storage of the published model. The current drawing stays in its tab, even after a reload, until you close the tab. Drawings that you label under “Wrong? Correct it” stay in this browser until you delete them. A link that you share contains the drawing after the #, a part that browsers never send to a server.",
    },
  ],
  link: "Draw a digit",
  fine: "Set in EB Garamond, by Georg Duffner and Octavio Pardo, after Claude Garamont.",
} as const;
