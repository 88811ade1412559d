// Two short notes for a new message, generated here.

const NOTES = [660, 880]; // Hz
const LENGTH = 0.12; // seconds

let audio = null;

export function chime() {
  if (!navigator.userActivation.hasBeenActive) return; // before the visitor first uses the page, it would sound late
  audio ??= new AudioContext();
  NOTES.forEach((frequency, index) => {
    const begin = audio.currentTime + index * LENGTH;
    const note = audio.createOscillator();
    const volume = audio.createGain();
    note.frequency.value = frequency;
    volume.gain.setValueAtTime(0.08, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 2 * LENGTH);
    note.connect(volume).connect(audio.destination);
    note.start(begin);
    note.stop(begin + 2 * LENGTH);
  });
}
