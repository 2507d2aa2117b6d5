import { followStatus, keepToken, takeToken } from './api.js';
import { showDeadLetters } from './dead-letters.js';
import { find } from './dom.js';
import { showFlow } from './flow.js';
import { keepCounting } from './format.js';
import { startTimeline } from './timeline.js';
import { showWorkers } from './workers.js';

const show = (status) => {
  showFlow(status);
  showDeadLetters(status);
  showWorkers(status);
};

const signIn = find('#sign-in');
signIn.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(event.target.elements.token.value);
  void follow();
});

const follow = async () => {
  signIn.hidden = true;
  await followStatus(show);
  signIn.hidden = false;
  signIn.querySelector('input').focus();
};

keepCounting();
startTimeline();
if (takeToken()) void follow();
else {
  signIn.hidden = false;
  find('#connection').textContent = 'not signed in';
}
